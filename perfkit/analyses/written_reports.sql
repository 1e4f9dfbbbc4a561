-- In which words was a report written?
-- sentences: the seals of its sentences with numbers, separated by spaces.
select sentences from written_reports where report = $report;
