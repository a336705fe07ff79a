-- Who else is told of events, and what became of telling them.

create table webhooks (
    seq                 integer primary key autoincrement,
    project_id          text not null references projects (id) on delete cascade,
    id                  text not null,
    name                text not null,
    -- A JSON list.
    events              text not null,
    url                 text not null,
    checks_certificate  integer not null,
    user                text not null,
    password_sealed     blob not null,
    -- What signs each request.
    key_sealed          blob not null,
    created_at_ms       integer not null,
    unique (project_id, id)
) strict;

create table deliveries (
    seq           integer primary key autoincrement,
    project_id    text not null,
    id            text not null,
    webhook_id    text not null,
    event_id      text not null,
    event_name    text not null,
    created_at_ms integer not null,
    status        text not null,
    -- A JSON list, the first one first.
    attempts      text not null,
    -- While it waits.
    next_at_ms    integer,
    unique (project_id, id),
    foreign key (project_id, webhook_id) references webhooks (project_id, id) on delete cascade
) strict;
create index deliveries_waiting on deliveries (next_at_ms, project_id, webhook_id) where status = 'waiting';
create index deliveries_waiting_of_webhook on deliveries (project_id, webhook_id) where status = 'waiting';
create index deliveries_of_webhook on deliveries (project_id, webhook_id, seq);
create index deliveries_of_event on deliveries (project_id, event_id);
create index deliveries_by_age on deliveries (created_at_ms);
