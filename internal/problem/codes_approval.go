package problem

// Codes of approvals and guards.
const (
	StaleApproval       Code = "MD0401"
	ForeignApproval     Code = "MD0402"
	EditedApproval      Code = "MD0403"
	ApprovalRequired    Code = "MD0404"
	Declined            Code = "MD0405"
	StatefulGuard       Code = "MD0406"
	DeletionProtected   Code = "MD0407"
	NotRefinement       Code = "MD0408"
	ConfirmationMissing Code = "MD0409"
)

func approvals() []Entry {
	return []Entry{
		{StaleApproval, "stale approval",
			"something changed since the approval was given, so the plan is no longer the one approved",
			"plan again and have the new plan approved"},
		{ForeignApproval, "approval of another environment",
			"the approval file names another environment",
			"use the approval of this environment"},
		{EditedApproval, "edited or damaged approval",
			"the approval file does not match its own digest",
			"plan again with --out"},
		{ApprovalRequired, "approval required",
			"the environment takes changes only with an approval file, or with its name typed on a terminal",
			"run `plan ENV --out FILE`, have it approved, then `apply ENV --approval FILE`"},
		{Declined, "declined",
			"the confirmation was not given",
			"run the command again and type what it asks for"},
		{StatefulGuard, "stateful resource would be lost",
			"the plan deletes or replaces a resource that holds data",
			"if that is meant, name each address with --allow-stateful ADDRESS"},
		{DeletionProtected, "deletion protection stands",
			"the environment holds resources with deletion protection",
			"lift the protection as the message says, apply, then destroy"},
		{NotRefinement, "plan exceeds what was approved",
			"at apply time a layer's plan wanted more than the approved one",
			"nothing of that layer was changed; plan again and look at the difference"},
		{ConfirmationMissing, "confirmation missing",
			"the command changes things and was not confirmed",
			"pass the flag named, or run it on a terminal"},
	}
}
