-- The feed of everything that happens in a project: events, and beside them what is no event of the API.

-- Whether somebody emitted it by hand: then nothing else happened.
alter table events add column by_hand integer not null default 0;
create index events_by_hand on events (project_id, seq) where by_hand = 1;
-- The runs of schedules among all other executions. Costs those nothing: they are not in it.
create index events_of_schedules on events (project_id, seq)
    where caller = 'schedule' and name = 'functions.executions.create';

-- What the watcher, the schedules and the console do and what the API has no event for.
create table notes (
    seq         integer primary key autoincrement,
    project_id  text not null references projects (id) on delete cascade,
    at_ms       integer not null,
    -- What the feed is filtered by.
    kind        text not null,
    -- No foreign key: a note outlives its function.
    function_id text,
    caller      text not null,
    user_id     text,
    -- What happened: JSON.
    noted       text not null
) strict;
create index notes_of_kind on notes (project_id, kind, seq);
create index notes_by_age on notes (at_ms);
