-- What a function does through the API is known to be its doing.

-- The execution whose call made it. No foreign key: it may outlive that one.
alter table executions add column made_by text;
-- Functions that led to it: a JSON list.
alter table executions add column chain text not null default '[]';
alter table events add column made_by text;

-- What an event has started already goes on as part of its chain.
update executions set chain = (select e.chain from events e where e.project_id = executions.project_id and e.id = executions.event_id)
where status in ('waiting', 'processing') and exists
    (select 1 from events e where e.project_id = executions.project_id and e.id = executions.event_id);
