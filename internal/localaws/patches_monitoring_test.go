package localaws_test

// monitoringQuestions are about CloudWatch, Logs, SNS, X-Ray, Budgets and Cost Explorer: patches 800 to 899.
func monitoringQuestions() []question {
	return nil
}
