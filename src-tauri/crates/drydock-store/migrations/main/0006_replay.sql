-- What an execution ran with, so that it can run once more: its data and caller stand with it already.

-- Variables of functions as they were at some time: those of now, and older ones that an execution refers to.
-- As in `functions.vars`, which they are a copy of: this file is readable to its owner alone.
create table variable_sets (
    seq         integer primary key autoincrement,
    project_id  text not null,
    function_id text not null,
    vars        text not null,
    foreign key (project_id, function_id) references functions (project_id, id) on delete cascade
) strict;
create index variable_sets_of_function on variable_sets (project_id, function_id);

-- The set that `vars` is; 0 is that of no variables, which has no row. So a function without any costs nothing.
alter table functions add column variable_set integer not null default 0;
insert into variable_sets (project_id, function_id, vars) select project_id, id, vars from functions where vars <> '{}';
update functions set variable_set = coalesce(
    (select seq from variable_sets where project_id = functions.project_id and function_id = functions.id), 0);

-- The set it ran with. Null until it starts, unless it is a replay; and for executions from before. No foreign key,
-- which every insert would pay for: only a set that nothing refers to is removed.
alter table executions add column variable_set integer;
create index executions_of_variable_set on executions (variable_set) where variable_set > 0;
-- No foreign key: a replay outlives what it repeats.
alter table executions add column replay_of text;
-- Of a replay: whether it runs with the variables of that execution, or with those of now because they are not known.
alter table executions add column same_variables integer;
