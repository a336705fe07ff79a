-- What an execution used and what ended it, beyond what the Appwrite API tells; and how old executions go.

-- Null where it was not measured, and for executions from before.
alter table executions add column peak_memory_bytes integer;
alter table executions add column cpu_us integer;
alter table executions add column limit_hit text;
alter table executions add column standby integer;
alter table executions add column isolation text;

-- Pinned ones stay, however old.
alter table executions add column pinned integer not null default 0;
-- Holds exactly those that may be removed, oldest first.
create index executions_removable on executions (ended_at_ms) where ended_at_ms is not null and pinned = 0;

-- Executions that were removed and whose output may still be in the other file: written with the removal, so that
-- a server that dies between the two files finds it here.
create table removed_executions (
    seq           integer primary key autoincrement,
    project_id    text not null,
    execution_id  text not null
) strict;
