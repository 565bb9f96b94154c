package verify

func dataChecks() []Check { return nil }
