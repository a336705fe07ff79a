-- What a function's executions run as; null is what the server is set to.
alter table functions add column backend text check (backend in ('process', 'docker'));
