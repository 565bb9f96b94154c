package problem

// Codes of GitHub. Those of comments and of drift's issue fail nothing.
const (
	NoPullRequest   Code = "MD0851"
	NoGitHubToken   Code = "MD0852"
	GitHubRefused   Code = "MD0853"
	NotCommented    Code = "MD0854"
	ReviewerMissing Code = "MD0855"
	UnknownReviewer Code = "MD0856"
	NoRepository    Code = "MD0857"
	SetupRefused    Code = "MD0858"
	NotSetUp        Code = "MD0859"
	IssueRefused    Code = "MD0860"
	DriftNotTold    Code = "MD0861"
	PublishRefused  Code = "MD0862"
	NotPublished    Code = "MD0863"
	NoTestResults   Code = "MD0864"
)

func github() []Entry {
	return []Entry{
		{NoPullRequest, "no pull request to comment on",
			"neither the flags nor the variables of the CI run say which repository and pull request, or they are none; the plan is not affected",
			"name them with --repository OWNER/NAME and --pull-request NUMBER"},
		{NoGitHubToken, "no token for GitHub",
			"neither GITHUB_TOKEN nor GH_TOKEN is set; a plan or a drift that was to be told is not affected",
			"set GITHUB_TOKEN to a token: for comments with the permission `pull-requests: write`, for drift's issue with `issues: write`, for Releases and Deployments with `contents: write` and `deployments: write`, for the setup with those that docs/github.md lists"},
		{GitHubRefused, "GitHub refuses the comment",
			"the token is not valid, lacks a permission, or the pull request does not take comments; the plan is not affected",
			"look at the reason; the token needs the permission `pull-requests: write` on the repository"},
		{NotCommented, "GitHub not told",
			"GitHub could not be reached, failed, or takes no more requests for now; the plan is not affected",
			"run the plan again later"},
		{ReviewerMissing, "approval without reviewers",
			"deploy.hcl says that the environment wants approval, and nobody was named who gives it on GitHub; nothing was changed",
			"name one with --reviewer LOGIN or --reviewer OWNER/TEAM"},
		{UnknownReviewer, "unknown reviewer",
			"GitHub knows no user or team of that name, or does not show it to the token",
			"name users by their login and teams of the repository's owner as OWNER/TEAM; to see teams a token needs the organization's permission `members: read`"},
		{NoRepository, "no repository on GitHub",
			"neither --repository nor GITHUB_REPOSITORY names one",
			"name it with --repository OWNER/NAME"},
		{SetupRefused, "GitHub refuses the setup",
			"the token is not valid, lacks a permission, or the repository's plan does not allow what is wanted; what was done before stays",
			"look at the reason; docs/github.md lists the permissions. Then run the command again: it does what is missing"},
		{NotSetUp, "GitHub not set up",
			"GitHub could not be reached, failed, or takes no more requests for now; what was done before stays",
			"run the command again later: it does what is missing"},
		{IssueRefused, "GitHub refuses the issue",
			"the token is not valid, lacks a permission, or the repository has no issues; the drift is not affected",
			"look at the reason; the token needs the permission `issues: write` on the repository"},
		{DriftNotTold, "drift not told",
			"GitHub could not be reached, failed, or takes no more requests for now; the drift is not affected",
			"run the command again later"},
		{PublishRefused, "GitHub refuses the publication",
			"the token is not valid or lacks a permission, or GitHub does not take a release or a deployment; what was deployed is not affected, and what was published before stays",
			"look at the reason; the token needs the permissions `contents: write` and `deployments: write` on the repository. Then run the command again: it does what is missing"},
		{NotPublished, "GitHub not told of deployments",
			"GitHub could not be reached, failed, or takes no more requests for now; what was deployed is not affected, and what was published before stays",
			"run the command again later: it does what is missing"},
		{NoTestResults, "no test results",
			"the folder that should hold the results of tests is not there, or holds what cannot be read; whether tests failed is not affected",
			"name the folder that has one for each job, with what `go test -json` and `go test -coverprofile` wrote"},
	}
}
