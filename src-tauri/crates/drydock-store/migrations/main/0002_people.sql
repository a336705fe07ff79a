-- Who is calling: users and their sessions, teams, and what a project lets in.

-- Project `console` holds the console's accounts and the teams that own the other projects.
alter table projects add column team_id text not null default 'drydock';
alter table projects add column details text not null default '{}';
alter table projects add column auth_limit integer not null default 0;
alter table projects add column auth_off text not null default '[]';
alter table projects add column services_off text not null default '[]';
insert into projects (id, name, created_at_ms) values ('console', 'Console', 0);

alter table api_keys add column last_used_at_ms integer;

-- A session's second secret is not a cookie. Older sessions have none: their owners ask for a new link.
drop table console_sessions;
create table console_sessions (
    token_hash    blob primary key,
    proof_hash    blob not null,
    created_at_ms integer not null,
    expires_at_ms integer not null
) strict;

-- The session of the user who asked, for the JWT that the function gets.
alter table executions add column session_id text;

create table platforms (
    seq           integer primary key autoincrement,
    project_id    text not null references projects (id) on delete cascade,
    id            text not null,
    kind          text not null,
    name          text not null,
    key           text not null,
    store         text not null,
    hostname      text not null,
    created_at_ms integer not null,
    unique (project_id, id)
) strict;

create table users (
    seq                    integer primary key autoincrement,
    project_id             text not null references projects (id) on delete cascade,
    id                     text not null,
    name                   text not null,
    -- Absent for anonymous and deleted users.
    email                  text,
    email_verified         integer not null,
    password_hash          text,
    password_updated_at_ms integer,
    active                 integer not null,
    prefs                  text not null,
    registered_at_ms       integer not null,
    -- A deleted user's id is not used again.
    deleted_at_ms          integer,
    unique (project_id, id),
    unique (project_id, email)
) strict;
create index users_there on users (project_id, seq) where deleted_at_ms is null;

create table sessions (
    seq           integer primary key autoincrement,
    project_id    text not null,
    id            text not null,
    user_id       text not null,
    provider      text not null,
    provider_uid  text not null,
    secret_hash   blob not null,
    ip            text not null,
    agent         text not null,
    created_at_ms integer not null,
    expires_at_ms integer not null,
    unique (project_id, id),
    foreign key (project_id, user_id) references users (project_id, id) on delete cascade
) strict;
create index sessions_of_user on sessions (project_id, user_id, seq);

create table user_logs (
    seq        integer primary key autoincrement,
    project_id text not null,
    user_id    text not null,
    event      text not null,
    admin      integer not null,
    ip         text not null,
    agent      text not null,
    at_ms      integer not null,
    foreign key (project_id, user_id) references users (project_id, id) on delete cascade
) strict;
create index user_logs_of_user on user_logs (project_id, user_id, seq);

create table teams (
    seq           integer primary key autoincrement,
    project_id    text not null references projects (id) on delete cascade,
    id            text not null,
    name          text not null,
    created_at_ms integer not null,
    unique (project_id, id)
) strict;

create table memberships (
    seq           integer primary key autoincrement,
    project_id    text not null,
    id            text not null,
    team_id       text not null,
    user_id       text not null,
    roles         text not null,
    invited_at_ms integer not null,
    joined_at_ms  integer,
    confirmed     integer not null,
    -- Of an invitation that was not accepted yet: SHA-256 of its secret, and its whole link, sealed.
    secret_hash   blob,
    link_sealed   blob,
    unique (project_id, id),
    unique (project_id, team_id, user_id),
    foreign key (project_id, team_id) references teams (project_id, id) on delete cascade,
    foreign key (project_id, user_id) references users (project_id, id) on delete cascade
) strict;
create index memberships_of_user on memberships (project_id, user_id);

create virtual table users_search using fts5 (text, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2");
create trigger users_search_insert after insert on users begin
    insert into users_search (rowid, text) values (new.seq, new.id || ' ' || coalesce(new.email, '') || ' ' || new.name);
end;
create trigger users_search_update after update of name, email on users begin
    insert or replace into users_search (rowid, text) values (new.seq, new.id || ' ' || coalesce(new.email, '') || ' ' || new.name);
    insert or replace into memberships_search (rowid, text)
        select seq, id || ' ' || user_id || ' ' || coalesce(new.email, '') || ' ' || new.name
        from memberships where project_id = new.project_id and user_id = new.id;
end;
create trigger users_search_delete after delete on users begin
    delete from users_search where rowid = old.seq;
end;

create virtual table teams_search using fts5 (text, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2");
create trigger teams_search_insert after insert on teams begin
    insert into teams_search (rowid, text) values (new.seq, new.id || ' ' || new.name);
end;
create trigger teams_search_update after update of name on teams begin
    insert or replace into teams_search (rowid, text) values (new.seq, new.id || ' ' || new.name);
end;
create trigger teams_search_delete after delete on teams begin
    delete from teams_search where rowid = old.seq;
end;

-- By the member's address and name too, which are the user's.
create virtual table memberships_search using fts5 (text, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2");
create trigger memberships_search_insert after insert on memberships begin
    insert into memberships_search (rowid, text)
        select new.seq, new.id || ' ' || new.user_id || ' ' || coalesce(email, '') || ' ' || name
        from users where project_id = new.project_id and id = new.user_id;
end;
create trigger memberships_search_delete after delete on memberships begin
    delete from memberships_search where rowid = old.seq;
end;

create virtual table projects_search using fts5 (text, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2");
insert into projects_search (rowid, text) select seq, id || ' ' || name from projects;
create trigger projects_search_insert after insert on projects begin
    insert into projects_search (rowid, text) values (new.seq, new.id || ' ' || new.name);
end;
create trigger projects_search_update after update of name on projects begin
    insert or replace into projects_search (rowid, text) values (new.seq, new.id || ' ' || new.name);
end;
create trigger projects_search_delete after delete on projects begin
    delete from projects_search where rowid = old.seq;
end;
