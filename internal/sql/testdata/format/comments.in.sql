-- head


-- more
select a, -- first
  b /* second */,
  -- third
  c from t -- tail
; -- after

select 1 -- end