package localaws_test

// frontendQuestions are about CloudFront, and S3 as the frontend uses it: patches 120 to 149 and 700 to 799.
func frontendQuestions() []question {
	return nil
}
