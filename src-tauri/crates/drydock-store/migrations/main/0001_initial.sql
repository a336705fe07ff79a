-- Times are milliseconds since the Unix epoch, UTC. `seq` is the natural order: the order of insertion,
-- never used twice.

create table meta (
    name  text primary key,
    value text not null
) strict;

create table projects (
    seq           integer primary key autoincrement,
    id            text not null unique,
    name          text not null,
    created_at_ms integer not null
) strict;

create table api_keys (
    seq           integer primary key autoincrement,
    project_id    text not null references projects (id) on delete cascade,
    id            text not null,
    name          text not null,
    scopes        text not null,
    -- SHA-256 of the secret, to find the key by; the secret itself is sealed with the data folder's key.
    secret_hash   blob not null unique,
    secret_sealed blob not null,
    created_at_ms integer not null,
    unique (project_id, id)
) strict;

create table console_sessions (
    token_hash    blob primary key,
    created_at_ms integer not null,
    expires_at_ms integer not null
) strict;

create table functions (
    seq                  integer primary key autoincrement,
    project_id           text not null references projects (id) on delete cascade,
    id                   text not null,
    name                 text not null,
    execute              text not null,
    created_at_ms        integer not null,
    updated_at_ms        integer not null,
    status               text not null,
    runtime              text not null,
    active_tag_id        text,
    vars                 text not null,
    events               text not null,
    schedule             text not null,
    schedule_next_ms     integer,
    schedule_previous_ms integer,
    timeout_secs         integer not null,
    unique (project_id, id)
) strict;

create table tags (
    seq           integer primary key autoincrement,
    project_id    text not null,
    function_id   text not null,
    id            text not null,
    created_at_ms integer not null,
    command       text not null,
    size_bytes    integer not null,
    origin        text not null,
    unique (project_id, id),
    foreign key (project_id, function_id) references functions (project_id, id) on delete cascade
) strict;
create index tags_of_function on tags (project_id, function_id, seq);

create table executions (
    seq           integer primary key autoincrement,
    project_id    text not null,
    function_id   text not null,
    id            text not null,
    -- No foreign key: an execution outlives its tag.
    tag_id        text not null,
    "read"        text not null,
    "trigger"     text not null,
    status        text not null,
    caller        text not null,
    user_id       text,
    queued_at_ms  integer not null,
    started_at_ms integer,
    ended_at_ms   integer,
    exit_code     integer not null default 0,
    duration_secs real not null default 0,
    -- The long ones last, so that the others are read without them.
    data          text not null,
    stdout        text not null default '',
    stderr        text not null default '',
    unique (project_id, id),
    foreign key (project_id, function_id) references functions (project_id, id) on delete cascade
) strict;
create index executions_of_function on executions (project_id, function_id, seq);
-- Holds all that counting over a span of time asks for.
create index executions_by_time on executions (project_id, function_id, queued_at_ms, status, duration_secs);
create index executions_unfinished on executions (seq) where status in ('waiting', 'processing');

-- Full-text search. Words are split at everything that is no letter or digit; the text itself is not kept
-- twice. One index for each list, each row under the number of its row in the list's table.
create virtual table functions_search using fts5 (text, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2");
create trigger functions_search_insert after insert on functions begin
    insert into functions_search (rowid, text) values (new.seq, new.id || ' ' || new.name || ' ' || new.runtime);
end;
create trigger functions_search_update after update of name on functions begin
    insert or replace into functions_search (rowid, text) values (new.seq, new.id || ' ' || new.name || ' ' || new.runtime);
end;
create trigger functions_search_delete after delete on functions begin
    delete from functions_search where rowid = old.seq;
end;

create virtual table tags_search using fts5 (text, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2");
create trigger tags_search_insert after insert on tags begin
    insert into tags_search (rowid, text) values (new.seq, new.id || ' ' || new.command);
end;
create trigger tags_search_delete after delete on tags begin
    delete from tags_search where rowid = old.seq;
end;

create virtual table executions_search using fts5 (text, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2");
create trigger executions_search_insert after insert on executions begin
    insert into executions_search (rowid, text) values (new.seq, new.id || ' ' || new.function_id);
end;
create trigger executions_search_delete after delete on executions begin
    delete from executions_search where rowid = old.seq;
end;
