package deploy

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

type sent struct {
	ID, Subject string
	To          []string
}

// checkReminder: who has something due gets one mail a day, can leave by its link
// without a sign-in, and is left alone where mail bounces.
func checkReminder(t *testing.T, a *kit.Application) {
	hanna, ivan := a.SignUp("hanna@example.com"), a.SignUp("bounce+ivan@simulator.amazonses.com")
	today := time.Now().In(time.FixedZone("Asia/Tokyo", 9*60*60)).Format(time.DateOnly) // TIME_ZONE
	for _, person := range []*kit.Person{hanna, ivan} {
		goalID, actions := plant(person, 1, 1, nil)
		person.Call(200, nil, "PATCH", "/goals/"+goalID, map[string]any{"status": "active"})
		person.Call(201, nil, "POST", "/tasks", map[string]any{
			"actionId": actions[0], "title": "Buy running shoes", "type": "execution", "deadline": today})
	}
	a.Invoke("reminder", struct{}{}, nil)
	a.Invoke("reminder", struct{}{}, nil) // the same day again

	to := func(email string) []sent {
		var all []sent
		if err := json.Unmarshal(fetch(t, a.Mail, http.MethodGet, http.StatusOK), &all); err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(all, func(m sent) bool {
			return !slices.ContainsFunc(m.To, func(address string) bool { return strings.Contains(address, email) })
		})
	}
	mails := to(hanna.Email)
	if len(mails) != 1 {
		t.Fatalf("%d mails: %+v", len(mails), mails)
	}
	message, err := mail.ReadMessage(strings.NewReader(string(fetch(t, a.Mail+"/"+mails[0].ID, http.MethodGet, http.StatusOK))))
	if err != nil {
		t.Fatal(err)
	}
	if text := plainText(t, message); !strings.Contains(text, "Buy running shoes") || !strings.Contains(text, "https://app.local.goal-mandala.example") {
		t.Errorf("the mail:\n%s", text)
	}

	// One click, without a sign-in. Looking at the page changes nothing.
	link := regexp.MustCompile(`<(https?://[^>]+)>`).FindStringSubmatch(message.Header.Get("List-Unsubscribe"))
	if link == nil || message.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Fatalf("the mail's header: %v", message.Header)
	}
	parsed, err := url.Parse(link[1])
	if err != nil {
		t.Fatal(err)
	}
	var preference struct{ Enabled bool }
	here := a.API + "/unsubscribe?" + parsed.RawQuery
	fetch(t, here, http.MethodGet, http.StatusOK)
	if hanna.Call(200, &preference, "GET", "/profile/reminders", nil); !preference.Enabled {
		t.Error("looking at the page switched the mails off")
	}
	fetch(t, here, http.MethodPost, http.StatusOK)
	if hanna.Call(200, &preference, "GET", "/profile/reminders", nil); preference.Enabled {
		t.Error("one click did not switch the mails off")
	}
	fetch(t, a.API+"/unsubscribe?token=forged", http.MethodPost, http.StatusBadRequest)
	for _, query := range []string{"", "?token="} { // a link that a mail program broke
		if page := fetch(t, a.API+"/unsubscribe"+query, http.MethodGet, http.StatusBadRequest); !strings.Contains(string(page), `<p role="alert">`) {
			t.Errorf("without a token: %s", page)
		}
	}

	a.Eventually(2*time.Minute, "an address that bounced is switched off", func() bool {
		ivan.Call(200, &preference, "GET", "/profile/reminders", nil)
		return !preference.Enabled
	})
}

func fetch(t *testing.T, address, method string, status int) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := kit.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		t.Fatalf("%s %s: %d, wanted %d: %s %v", method, address, response.StatusCode, status, body, err)
	}
	return body
}

// plainText gives the text part of a mail, whatever its parts are in.
func plainText(t *testing.T, message *mail.Message) string {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		t.Fatalf("the mail is %s: %v", kind, err)
	}
	parts := multipart.NewReader(message.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatalf("the mail has no text: %v", err)
		}
		if !strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			continue
		}
		var content io.Reader = part
		switch strings.ToLower(part.Header.Get("Content-Transfer-Encoding")) {
		case "quoted-printable":
			content = quotedprintable.NewReader(part)
		case "base64":
			content = base64.NewDecoder(base64.StdEncoding, part)
		}
		text, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}
