-- Data that functions are executed with again and again, under a name. It goes with its function.
create table payloads (
    seq         integer primary key autoincrement,
    project_id  text not null,
    function_id text not null,
    id          text not null,
    name        text not null,
    saved_at_ms integer not null,
    data        text not null,
    unique (project_id, id),
    unique (project_id, function_id, name),
    foreign key (project_id, function_id) references functions (project_id, id) on delete cascade
) strict;
