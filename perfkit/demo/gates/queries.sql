-- name: document history
-- params: {"document_id": "document 1"}
select id, gate, passed, noted_at from audit_log where document_id = :document_id order by noted_at desc limit 100;

-- name: validation statistics
-- params: {"user_id": 7}
select gate, count(*) as checks, sum(passed) as passed from audit_log where user_id = :user_id group by gate;

-- name: recent audits
-- params: {"noted_at": 1700239000}
select id, document_id, gate, passed from audit_log where noted_at > :noted_at order by noted_at desc limit 100;
