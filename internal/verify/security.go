package verify

import "slices"

// securityChecks are the checks of sections 1.3 to 1.6 and 4 of the requirements: who
// may do what, what is recorded, and what is closed and encrypted.
func securityChecks() []Check {
	all := slices.Concat(
		iamChecks(),
		functionSecurityChecks(),
		trailChecks(),
		networkChecks(),
		restChecks(),
		bucketChecks(),
		resourceChecks(),
		siteChecks(),
		identityChecks(),
		apiChecks(),
	)
	for i := range all {
		all[i].Area = Security
	}
	return all
}
