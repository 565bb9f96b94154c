package verify

func monitoringMutations() []mutation { return nil }
