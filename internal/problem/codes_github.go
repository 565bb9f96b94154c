package problem

// Codes of telling GitHub of plans. None of them fails the plan.
const (
	NoPullRequest Code = "MD0851"
	NoGitHubToken Code = "MD0852"
	GitHubRefused Code = "MD0853"
	NotCommented  Code = "MD0854"
)

func github() []Entry {
	return []Entry{
		{NoPullRequest, "no pull request to comment on",
			"neither the flags nor the variables of the CI run say which repository and pull request, or they are none; the plan is not affected",
			"name them with --repository OWNER/NAME and --pull-request NUMBER"},
		{NoGitHubToken, "no token for GitHub",
			"neither GITHUB_TOKEN nor GH_TOKEN is set; the plan is not affected",
			"set GITHUB_TOKEN to a token with the permission `pull-requests: write`"},
		{GitHubRefused, "GitHub refuses the comment",
			"the token is not valid, lacks a permission, or the pull request does not take comments; the plan is not affected",
			"look at the reason; the token needs the permission `pull-requests: write` on the repository"},
		{NotCommented, "GitHub not told",
			"GitHub could not be reached, failed, or takes no more requests for now; the plan is not affected",
			"run the plan again later"},
	}
}
