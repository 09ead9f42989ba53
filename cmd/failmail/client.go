package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hut8labs/failmail/internal/web"
)

// httpFlag names the running proxy that a command talks to.
func httpFlag() cli.Flag {
	return &option{name: "http", usage: "connect to the proxy at `HOST[:PORT]`, or at the URL of its page, instead of --bind-http; log in as the first user of --credentials, if any"}
}

// clientTimeout is how long a proxy may take to answer.
const clientTimeout = 30 * time.Second

// A client talks to a running proxy.
type client struct {
	address        string
	user, password string // empty for none
	timeout        time.Duration
}

func clientFrom(c *cli.Context) (*client, error) {
	address, err := pageOf(c)
	if err != nil {
		return nil, err
	}
	user, password, _ := loginOf(c)
	return &client{address, user, password, clientTimeout}, nil
}

// shown is what people see of the address.
func (c *client) shown() string { return withoutPassword(c.address) }

// call sends a request with body as JSON, if there is one, and reads the answer
// into result, if that is not nil.
func (c *client) call(ctx context.Context, method, path string, body, result any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	response, err := c.send(ctx, method, path, content)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return c.refused(response)
	}
	if result == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(result); err != nil {
		return fmt.Errorf("what answers at %s is not a failmail proxy: %w; name the right address with --http", c.shown(), err)
	}
	return nil
}

func (c *client) send(ctx context.Context, method, path string, content io.Reader) (*http.Response, error) {
	base := c.address
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(base, "/")+path, content)
	if err != nil || request.URL.Host == "" || request.URL.Scheme != "http" && request.URL.Scheme != "https" {
		return nil, &usageError{fmt.Sprintf("--http %q is not an address; use host:port such as %s, or the page's URL", c.shown(), defaultBindHTTP)}
	}
	request.Header.Set("Content-Type", "application/json")
	if c.user != "" {
		request.SetBasicAuth(c.user, c.password)
	}
	response, err := (&http.Client{Timeout: c.timeout}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("no proxy answers at %s: %w; check that it is running with this --bind-http, or name its settings with --config or its address with --http", c.shown(), err)
	}
	return response, nil
}

// jsonFlag has a command print for programs what it otherwise prints for people.
func jsonFlag() cli.Flag {
	return &option{name: "json", deflt: false, usage: "print JSON on one line, with the field names of the API"}
}

func printJSON(c *cli.Context, reply any) error {
	return json.NewEncoder(c.App.Writer).Encode(reply)
}

// ready returns why the proxy does not take mails; nil if it does.
func (c *client) ready(ctx context.Context) error {
	response, err := c.send(ctx, http.MethodGet, "/readyz", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusServiceUnavailable:
		return fmt.Errorf("the proxy at %s is not accepting mails; failmail status and the log say why", c.shown())
	}
	return c.refused(response)
}

func (c *client) refused(response *http.Response) error {
	var refusal web.Error
	switch err := json.NewDecoder(response.Body).Decode(&refusal); {
	case response.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("the proxy at %s requires a user and a password; name the file that holds them with --config, or set FAILMAIL_CREDENTIALS=USER:PASSWORD (a file made by htpasswd holds no passwords)", c.shown())
	case err != nil || refusal.Error == "":
		return fmt.Errorf("the proxy at %s answered %s; check that it is the same version", c.shown(), response.Status)
	}
	return fmt.Errorf("%s", refusal.Error)
}
