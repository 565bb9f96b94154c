package verify

import "slices"

// dataChecks are the checks of the database, of what is tagged, and of personal data
// (R1.1, R7.2, R8.1).
func dataChecks() []Check {
	all := slices.Concat(
		databaseChecks(),
		backupChecks(),
		personalChecks(),
		tagChecks(),
	)
	for i := range all {
		all[i].Area = Data
	}
	return all
}
