package problem

// Codes of the verification.
const (
	UnknownArea  Code = "MD0841"
	UnknownDrill Code = "MD0842"
	NotVerified  Code = "MD0843"
	NotDeployed  Code = "MD0844"
)

func verification() []Entry {
	return []Entry{
		{UnknownArea, "unknown area",
			"the areas of the verification have other names",
			"name one or more of health, security, monitoring, cost, performance and data, with commas between"},
		{UnknownDrill, "unknown drill",
			"there is no drill of that name",
			"`--drill alarm` sets an alarm off and waits for its arrival"},
		{NotVerified, "verification failed",
			"checks failed or could not be made; one that is unknown counts as not passed",
			"do what stands with each check that did not pass, then verify again; docs/verification.md says what each looks at"},
		{NotDeployed, "nothing deployed",
			"there is nothing to verify or compare yet: the environment was not deployed, or not to its end",
			"deploy it first: `mandala-deploy apply ENV`"},
	}
}
