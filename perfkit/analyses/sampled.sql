-- Which load runs hold their requests one by one, and not only what their tool printed?
select distinct run_id from requests where list_contains($run_ids, run_id);
