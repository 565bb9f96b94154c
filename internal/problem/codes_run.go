package problem

// Codes of leases, interruptions and resuming.
const (
	Locked          Code = "MD0501"
	LeaseLost       Code = "MD0502"
	StateLocked     Code = "MD0503"
	InterruptedRun  Code = "MD0504"
	NothingToResume Code = "MD0505"
	CannotAdopt     Code = "MD0506"
	LeaseNotHeld    Code = "MD0507"
	LeaseLive       Code = "MD0508"
	Interrupted     Code = "MD0509"
)

func runs() []Entry {
	return []Entry{
		{Locked, "environment locked",
			"someone else holds the environment's lease",
			"wait for the holder named; an expired lease is broken with `unlock`"},
		{LeaseLost, "lease lost",
			"the lease could not be renewed in time, or someone broke it",
			"nothing new was started; run `mandala-deploy status ENV`, then `apply ENV --resume`"},
		{StateLocked, "layer's state locked",
			"Terraform's own lock on the layer's state is held",
			"wait for the holder named; if its process is dead: `mandala-deploy unlock ENV --confirm ENV`"},
		{InterruptedRun, "interrupted run",
			"an earlier run of this environment did not finish",
			"run `mandala-deploy apply ENV --resume`"},
		{NothingToResume, "nothing to resume",
			"no interrupted run of this environment exists",
			"run `mandala-deploy apply ENV`"},
		{CannotAdopt, "created resources outside any state",
			"an interrupted run created resources that could not be imported",
			"import or delete the resources listed, then `mandala-deploy unlock ENV --confirm ENV --force` closes the run, and apply goes on"},
		{LeaseNotHeld, "no lease to break",
			"nobody holds the environment's lease",
			"nothing to do"},
		{LeaseLive, "lease is live",
			"the lease has not expired, so its holder may still be at work",
			"ask the holder; if it is surely dead, add --force"},
		{Interrupted, "interrupted",
			"the run was stopped by a signal",
			"`mandala-deploy apply ENV --resume` goes on"},
	}
}
