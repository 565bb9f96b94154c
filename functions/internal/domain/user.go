package domain

// UserPatch changes a profile; what is absent stays. The e-mail address is Cognito's,
// where a new one is verified first.
type UserPatch struct {
	Faults      `json:"-"`
	Name        Optional[string] `json:"name"`
	Industry    Optional[string] `json:"industry"`
	CompanySize Optional[string] `json:"companySize"`
	JobType     Optional[string] `json:"jobType"`
	Position    Optional[string] `json:"position"`
}

// Apply changes the user, or leaves them as they were and gives a ValidationError.
func (u *User) Apply(patch UserPatch) error {
	next := *u
	patch.Name.set(&next.Name)
	patch.Industry.set(&next.Industry)
	patch.CompanySize.set(&next.CompanySize)
	patch.JobType.set(&next.JobType)
	patch.Position.set(&next.Position)
	if err := patch.With(next.Validate()); err != nil {
		return err
	}
	*u = next
	return nil
}
