-- What a function's executions can reach. Those from before could reach everything.
alter table functions add column network text not null default 'full' check (network in ('full', 'none'));
