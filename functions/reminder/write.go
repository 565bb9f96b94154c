package main

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"net/mail"
	"strings"
	text "text/template"
	"time"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	mime "github.com/goal-mandala/mandala-deploy/functions/internal/mail"
)

//go:embed templates
var templates embed.FS

// Parsed once; what is wrong in them ends the function's start, and every test.
//
//nolint:gochecknoglobals // nobody changes them
var (
	textMail = text.Must(text.New("mail.txt").Funcs(text.FuncMap{"line": line}).ParseFS(templates, "templates/mail.txt"))
	htmlMail = html.Must(html.ParseFS(templates, "templates/mail.html"))
	htmlPage = html.Must(html.ParseFS(templates, "templates/page.html"))
)

// line makes one line of a text: a title with a line break must not look like a part
// of the mail.
func line(value string) string { return strings.Join(strings.Fields(value), " ") }

// words are what mails and the page say in a language.
type words struct {
	Due, Open, Settings, Stop string
	subject, lead             string // of due tasks; %d is their number
	paceSubject, paceLead     string // of a change of pace
	paceDue                   string // heading of the due tasks in that case
	greeting                  string // %s is the name
	anonymous                 string // the greeting of who has none
	more                      string // %d more tasks than are listed
	overdue                   string
	date                      string // layout of package time
	page                      pageWords
}

type pageWords struct{ Title, Ask, Button, Done, Again, Invalid string }

var languages = map[string]words{
	"en": {
		Due: "due", Open: "Open Goal Mandala", Settings: "Reminder settings", Stop: "Stop reminders",
		subject: "Your tasks for today (%d)", lead: "These tasks are due or overdue. One small step today keeps your goal on track.",
		paceSubject: "A change of pace for today (%d due)", paceLead: "Would something else feel good today? Here are tasks from other parts of your mandala.",
		paceDue: "Most pressing", greeting: "Hello %s,", anonymous: "Hello,", more: "and %d more", overdue: "overdue", date: "2 January 2006",
		page: pageWords{
			Title: "Reminders of Goal Mandala", Ask: "Do you want to get no more reminders by mail?", Button: "Stop reminders",
			Done: "You will get no more reminders.", Again: "You can turn them on again in your settings at any time.",
			Invalid: "This link is not valid any more. You can turn reminders off in your settings.",
		},
	},
	"ja": {
		Due: "期限", Open: "Goal Mandala を開く", Settings: "リマインダーの設定", Stop: "リマインダーを停止する",
		subject: "今日のタスク（%d件）", lead: "期限が今日、または期限を過ぎたタスクです。今日の小さな一歩が目標につながります。",
		paceSubject: "今日は気分を変えて（期限のタスク%d件）", paceLead: "今日は別のことに取り組んでみませんか。マンダラのほかの部分からタスクを選びました。",
		paceDue: "期限が近いタスク", greeting: "%s さん", anonymous: "こんにちは", more: "ほか%d件", overdue: "期限切れ", date: "2006年1月2日",
		page: pageWords{
			Title: "Goal Mandala のリマインダー", Ask: "メールのリマインダーを停止しますか。", Button: "リマインダーを停止する",
			Done: "今後リマインダーは届きません。", Again: "設定画面からいつでも再開できます。",
			Invalid: "このリンクは無効になりました。リマインダーは設定画面で停止できます。",
		},
	},
}

// content is what the templates of a mail show.
type content struct {
	words
	Language, Subject, Greeting, Lead string
	Groups                            []group
	More                              string
	Application, SettingsURL, StopURL string
}

type group struct {
	Heading string
	Items   []item
}

type item struct{ Title, Deadline, Overdue, URL string }

// write makes a user's mail.
func (p post) write(r reminder, stop string) (mime.Message, error) {
	say := languages[p.language]
	count := r.count.Due + r.count.Overdue
	show := content{
		words: say, Language: p.language, Subject: fmt.Sprintf(say.subject, count), Lead: say.lead, Greeting: say.anonymous,
		Application: p.application, SettingsURL: p.application + "/settings/reminders", StopURL: stop,
	}
	name := line(r.user.Name)
	if name != "" {
		show.Greeting = fmt.Sprintf(say.greeting, name)
	}
	heading := ""
	if len(r.proposed) > 0 {
		show.Subject, show.Lead, heading = fmt.Sprintf(say.paceSubject, count), say.paceLead, say.paceDue
		show.Groups = append(show.Groups, group{Items: p.items(r, r.proposed)})
	}
	show.Groups = append(show.Groups, group{Heading: heading, Items: p.items(r, r.due)})
	if more := count - len(r.due); more > 0 {
		show.More = fmt.Sprintf(say.more, more)
	}
	var plain, rich bytes.Buffer
	if err := textMail.Execute(&plain, show); err != nil {
		return mime.Message{}, fmt.Errorf("write a mail: %w", err)
	}
	if err := htmlMail.Execute(&rich, show); err != nil {
		return mime.Message{}, fmt.Errorf("write a mail: %w", err)
	}
	return mime.Message{
		From: p.from, To: mail.Address{Name: name, Address: r.user.Email}, Date: p.clock(), Language: p.language,
		Subject: show.Subject, Text: plain.String(), HTML: rich.String(), Unsubscribe: stop,
	}, nil
}

func (p post) items(r reminder, tasks []domain.Task) []item {
	say := languages[p.language]
	var all []item
	for _, task := range tasks {
		shown := item{Title: task.Title, URL: p.application + "/tasks/" + string(task.ID)}
		if task.Deadline != nil {
			shown.Deadline = time.Date(task.Deadline.Year, task.Deadline.Month, task.Deadline.Day, 0, 0, 0, 0, time.UTC).Format(say.date)
			if task.Deadline.Before(r.day) {
				shown.Overdue = say.overdue
			}
		}
		all = append(all, shown)
	}
	return all
}
