-- What happened in projects: the history of events, and what waits to be started by them.

create table events (
    seq          integer primary key autoincrement,
    project_id   text not null references projects (id) on delete cascade,
    id           text not null,
    name         text not null,
    at_ms        integer not null,
    -- JSON. Null of an execution's event that nobody listened to: it is made of the execution.
    payload      text,
    execution_id text,
    caller       text not null,
    user_id      text,
    -- Functions whose executions led to it, each started by an event: a JSON list.
    chain        text not null,
    -- Whether what listens to it has been started: with it, in one transaction.
    handled      integer not null,
    unique (project_id, id)
) strict;
create index events_waiting on events (seq) where handled = 0;
create index events_of_name on events (project_id, name, seq);
create index events_by_age on events (at_ms);
-- What realtime tells beside executions, which are most of them.
create index events_of_no_execution on events (seq) where execution_id is null;

-- The event that started it. No foreign key, which every insert would pay for: it may outlive its event.
alter table executions add column event_id text;
create index executions_of_event on executions (project_id, event_id) where event_id is not null;

-- Few functions listen to events, and each event asks which.
create index functions_listening on functions (project_id) where events <> '[]';
