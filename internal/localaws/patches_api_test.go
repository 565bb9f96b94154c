package localaws_test

// apiQuestions are about API Gateway, WAF, ACM and Route53: patches 670 to 699.
func apiQuestions() []question {
	return nil
}
