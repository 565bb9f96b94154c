package verify

func performanceMutations() []mutation { return nil }
