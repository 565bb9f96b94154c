package localaws_test

// workflowQuestions are about Step Functions and CloudTrail: patches 650 to 669.
func workflowQuestions() []question {
	return nil
}
