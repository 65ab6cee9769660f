// A synchronous main: an async one costs the start-up of a task pool that nothing here needs.
Console.run(Coresalvage.self)
