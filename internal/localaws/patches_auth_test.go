package localaws_test

// authQuestions are about Cognito, SES and IAM: patches 610 to 629.
func authQuestions() []question {
	return nil
}
