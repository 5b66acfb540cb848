-- rule: complete upsert sources (batch)
-- in batch only what is left
SELECT log.v FROM log JOIN ups ON log.id = ups.id;
