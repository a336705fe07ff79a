-- The full output of executions, apart from the main file so that logs never delay the API.

create table outputs (
    output        integer primary key,
    project_id    text not null,
    function_id   text not null,
    execution_id  text not null,
    -- What the process wrote in all, and what is kept of it.
    stdout_bytes  integer not null default 0,
    stderr_bytes  integer not null default 0,
    kept_bytes    integer not null default 0,
    unique (project_id, execution_id)
) strict;
create index outputs_of_function on outputs (project_id, function_id);

create table chunks (
    -- Never used twice: readers page by it.
    seq           integer primary key autoincrement,
    output        integer not null references outputs (output) on delete cascade,
    -- Where in each stream the chunk begins: a jump to the next chunk is a gap that was dropped.
    stdout_at     integer not null,
    stderr_at     integer not null,
    stdout_bytes  integer not null,
    stderr_bytes  integer not null,
    frames        blob not null
) strict;
create index chunks_of_output on chunks (output, seq);
