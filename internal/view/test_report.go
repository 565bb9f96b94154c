package view

// TestReport is what the tests of all jobs said, as JSON.
type TestReport struct {
	Jobs    []TestedJob  `json:"jobs"`
	Comment *CommentJSON `json:"comment,omitempty"`
}

// TestedJob is what those of one job said.
type TestedJob struct {
	Job      string   `json:"job"`
	Passed   int      `json:"passed"`
	Skipped  int      `json:"skipped"`
	Failed   []string `json:"failed"`             // tests, or packages
	Coverage *float64 `json:"coverage,omitempty"` // percent
}
