package verify

func healthMutations() []mutation { return nil }
