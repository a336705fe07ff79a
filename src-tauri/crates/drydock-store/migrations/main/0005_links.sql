-- Folders that are linked to functions, and tags that are snapshots of them.

create table links (
    seq           integer primary key autoincrement,
    project_id    text not null,
    function_id   text not null,
    folder        text not null,
    command       text not null,
    "ignore"      text not null,
    polling       integer not null,
    -- The last snapshot that became a tag.
    tree          blob,
    created_at_ms integer not null,
    unique (project_id, function_id),
    foreign key (project_id, function_id) references functions (project_id, id) on delete cascade
) strict;

-- The lists of the directories of snapshots, by their hashes. Those that no tag and no link leads to are swept.
create table directories (
    id      blob primary key,
    entries blob not null
) strict, without rowid;

-- The root directory of a tag's snapshot; null where its code is an unpacked archive.
alter table tags add column tree blob;
alter table tags add column files integer;
-- What was found in its sources, as JSON; null where nobody looked.
alter table tags add column sources_check text;
alter table tags add column pinned integer not null default 0;
create index tags_with_trees on tags (project_id, function_id, seq) where tree is not null;
