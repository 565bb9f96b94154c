package problem

// Codes of releases: building, keeping and finding them.
const (
	BadVersion      Code = "MD0801"
	UnknownRelease  Code = "MD0802"
	DirtyTree       Code = "MD0803"
	WrongCommit     Code = "MD0804"
	ReleaseExists   Code = "MD0805"
	ReleaseDamaged  Code = "MD0806"
	BadMigrations   Code = "MD0807"
	NoSite          Code = "MD0808"
	SourceChanged   Code = "MD0809"
	ReleaseOutdated Code = "MD0810"
)

func releases() []Entry {
	return []Entry{
		{BadVersion, "not a version",
			"a release is named by a version such as v1.2.3 or v1.2.3-rc.1, or by a commit",
			"give a version of that form, or 7 to 40 digits of the commit"},
		{UnknownRelease, "unknown release",
			"the environment's bucket has no release of that version, or it was pruned",
			"`mandala-deploy release list -e ENV` lists those that there are; `release build` builds one"},
		{DirtyTree, "working tree has changes",
			"the working tree differs from its commit, so nobody could say what the release was made from",
			"commit or stash the changes, or pass --allow-dirty for a release that says that it is dirty"},
		{WrongCommit, "working tree is at another commit",
			"a release is built from the working tree, which is not at the commit or tag that the version names",
			"check that commit out and build again, or choose another version"},
		{ReleaseExists, "release exists with another content",
			"a release of that version was built before from something else; a release never changes",
			"choose another version; `mandala-deploy release show VERSION` says what that one was made from"},
		{ReleaseDamaged, "release is damaged",
			"something of a stored release is missing, or is not what its digest says",
			"build the version again from its commit: what is missing is stored anew; what differs has to be deleted from the bucket first"},
		{BadMigrations, "migrations cannot be released",
			"a migration says no class or no version, or the release both expands and contracts the schema",
			"mend the migration named, or release the expansion first and the contraction in a later release"},
		{NoSite, "no site to release",
			"frontend.source of deploy.hcl names a folder that does not exist or holds no files",
			"build the site first, correct frontend.source, or remove the block frontend"},
		{SourceChanged, "files changed while they were released",
			"a file of the working tree was changed by something else between being read and being stored",
			"run the command again"},
		{ReleaseOutdated, "release cannot be read",
			"a release was stored by another version of the tool in a form that this one does not know",
			"use the version of the tool that built it, or a newer one"},
	}
}
