package problem

// Codes of deployments and of going back.
const (
	CanaryFailed      Code = "MD0822"
	MigrationFailed   Code = "MD0823"
	MissingOutput     Code = "MD0824"
	SchemaTooNew      Code = "MD0825"
	UnverifiedRelease Code = "MD0826"
	NothingToGoBackTo Code = "MD0827"
	RolledBack        Code = "MD0828"
	ReleaseRequired   Code = "MD0829"
)

func deployments() []Entry {
	return []Entry{
		{CanaryFailed, "canary failed",
			"new versions of functions failed too many of the calls that they got, or an alarm went off; all calls go to the versions before again",
			"read the functions' logs; the error says which function or alarm it was"},
		{MigrationFailed, "migration failed",
			"the function that migrates the database failed or refused; a migration that failed was rolled back",
			"the message and the function's log say why; mend it and deploy again: `mandala-deploy apply ENV --version VERSION`, which alone runs the release's own migrations, in their order"},
		{MissingOutput, "root lacks an output",
			"deploy.hcl asks for something that the root's outputs do not name",
			"declare the output in environments/outputs.tf; docs/layers.md lists what the tool reads"},
		{SchemaTooNew, "schema too new",
			"the database's schema was contracted since that release: it would miss what was taken away",
			"go back to a release of that schema or newer, or forward with a fix"},
		{UnverifiedRelease, "release never verified",
			"no deployment of that release to this environment passed its verification",
			"choose another one (`mandala-deploy history ENV`), or insist with --force-unverified"},
		{NothingToGoBackTo, "nothing to go back to",
			"no earlier release was deployed here and verified",
			"mend the cause and deploy again, or name a release: `mandala-deploy rollback ENV --version VERSION`; one that never passed its verification needs --force-unverified"},
		{RolledBack, "rolled back",
			"the deployment failed, and the environment went back to the release before",
			"`mandala-deploy history ENV` names both runs; mend the cause and deploy again"},
		{ReleaseRequired, "release required",
			"this environment takes stored releases only",
			"`mandala-deploy release build VERSION`, then `mandala-deploy apply ENV --version VERSION`"},
	}
}
