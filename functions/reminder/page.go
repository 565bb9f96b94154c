package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/unsubscribe"
)

// verifier gives the user of a link's token.
type verifier interface {
	Verify(ctx context.Context, token string) (domain.ID, error)
}

// page is /unsubscribe. A GET only asks: scanners of mail servers open every link. A
// POST stops the mails, by the page's button or by a mail service's (RFC 8058).
type page struct {
	database database
	language string
	links    verifier
}

func (p page) routes(router *httpapi.Router) {
	router.Open(http.MethodGet, "/unsubscribe", p.ask, "token").
		Says("Shows a page that asks whether reminders shall stop.").
		OK(httpapi.Page("")).Also(400, httpapi.Page(""))
	router.Open(http.MethodPost, "/unsubscribe", p.stop, "token").
		Says("Switches reminders off, as mail services do by one click (RFC 8058).").
		OK(httpapi.Page("")).Also(400, httpapi.Page(""))
}

func (p page) ask(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	if _, err := p.links.Verify(ctx, request.Query("token")); err != nil {
		return p.refuse(err)
	}
	return p.show(http.StatusOK, "ask")
}

// stop gives the same answer however often it is called, and for a user who is gone:
// they get no mail either.
func (p page) stop(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	user, err := p.links.Verify(ctx, request.Query("token"))
	if err != nil {
		return p.refuse(err)
	}
	err = p.database.Write(ctx, user, func(ctx context.Context, tx *store.Tx) error {
		return tx.SwitchRemindersOff(ctx, store.Unsubscribed)
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return httpapi.Response{}, err
	}
	return p.show(http.StatusOK, "done")
}

func (p page) refuse(err error) (httpapi.Response, error) {
	if errors.Is(err, unsubscribe.ErrInvalid) {
		return p.show(http.StatusBadRequest, "invalid")
	}
	return httpapi.Response{}, err
}

func (p page) show(status int, state string) (httpapi.Response, error) {
	var text bytes.Buffer
	err := htmlPage.Execute(&text, struct {
		Language, State string
		Words           pageWords
	}{p.language, state, languages[p.language].page})
	if err != nil {
		return httpapi.Response{}, fmt.Errorf("show the page: %w", err)
	}
	return httpapi.Response{Status: status, Body: httpapi.Page(text.String()), Headers: map[string]string{
		// The address has the token in it, and the page needs nothing from anywhere.
		"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		"Referrer-Policy":         "no-referrer",
		"X-Robots-Tag":            "noindex",
	}}, nil
}
