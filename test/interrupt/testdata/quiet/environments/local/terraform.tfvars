environment = "local"
password    = "not-yet-set"
