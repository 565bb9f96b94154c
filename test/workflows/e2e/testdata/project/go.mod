module example.test/counter

go 1.26.0
