package domain

// UserPatch changes a profile; what is absent stays. The e-mail address is Cognito's,
// where a new one is verified first.
type UserPatch struct {
	Name        *string `json:"name"`
	Industry    *string `json:"industry"`
	CompanySize *string `json:"companySize"`
	JobType     *string `json:"jobType"`
	Position    *string `json:"position"`
}

// Apply changes the user, or leaves them as they were and gives a ValidationError.
func (u *User) Apply(patch UserPatch) error {
	next := *u
	set(&next.Name, patch.Name)
	set(&next.Industry, patch.Industry)
	set(&next.CompanySize, patch.CompanySize)
	set(&next.JobType, patch.JobType)
	set(&next.Position, patch.Position)
	if err := next.Validate(); err != nil {
		return err
	}
	*u = next
	return nil
}
