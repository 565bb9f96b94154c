environment = "remote"
password    = "not-yet-set"
