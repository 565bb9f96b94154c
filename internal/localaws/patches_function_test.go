package localaws_test

// functionQuestions are about Lambda, SQS and Scheduler: patches 630 to 649.
func functionQuestions() []question {
	return nil
}
