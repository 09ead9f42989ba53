package redact

import (
	"strings"
	"testing"

	"github.com/hut8labs/failmail/internal/testutil"
)

// hostileTexts are texts of any length whose cost must not grow faster: beginnings
// of what the patterns look for, and what makes them look again.
var hostileTexts = map[string]testutil.Shape{
	"private keys without an end": {Open: "-----BEGIN PRIVATE KEY-----"},
	"private keys":                {Open: "-----BEGIN A PRIVATE KEY-----x-----END PRIVATE KEY-----"},
	"beginnings of private keys":  {Prefix: "private key ", Open: "-----BEGIN "},
	"authorizations":              {Open: "authorization: "},
	"blanks of authorizations":    {Prefix: "authorization", Open: " "},
	"equals of authorizations":    {Prefix: "authorization", Open: "="},
	"cookies":                     {Open: "cookie: a\n"},
	"blanks before cookies":       {Prefix: "cookie", Open: " "},
	"bearers":                     {Open: "bearer "},
	"passwords":                   {Open: "password="},
	"passwords and blanks":        {Open: "password :  "},
	"blanks behind a password":    {Prefix: "password", Open: " "},
	"names joined by dashes":      {Prefix: "password ", Open: "a-"},
	"names of secrets, joined":    {Open: "secret-"},
	"names of secrets in one":     {Open: "secret"},
	"quotes of passwords":         {Open: `password="`},
	"a quote that nothing closes": {Open: `password="a `},
	"backslashes":                 {Prefix: `password="`, Open: `\`},
	"tuples":                      {Open: `("password", `},
	"brackets and a password":     {Prefix: "password", Open: "( "},
	"elements":                    {Prefix: "</", Open: "<password"},
	"elements that are not ended": {Prefix: "</", Open: "<password>x"},
	"elements with attributes":    {Prefix: "</", Open: "<password a "},
	"elements of blanks":          {Prefix: "</<password>", Open: " "},
	"elements of a long value":    {Prefix: "</<password>", Open: "x "},
	"properties":                  {Prefix: "</", Open: `name="password" `},
	"properties without an end":   {Prefix: `</name="password"`, Open: " a"},
	"values":                      {Open: `name="password" value = `},
	"options":                     {Open: " --password"},
	"options with blanks":         {Open: " --password "},
	"curls":                       {Open: "curl "},
	"curls with users":            {Open: "curl -u "},
	"users of one curl":           {Prefix: "curl ", Open: "-u "},
	"mysqls":                      {Open: "mysql "},
	"mysqls in one word":          {Open: "mysql"},
	"options of one mysql":        {Prefix: "mysql ", Open: "a "},
	"mariadbs":                    {Open: "mariadb "},
	"redis-clis":                  {Open: "redis-cli "},
	"ldaps":                       {Open: "ldapx "},
	"addresses":                   {Open: "a://"},
	"schemes":                     {Prefix: "://", Open: "a+"},
	"users of addresses":          {Open: "a://b:"},
	"tokens":                      {Open: "eyJaaaaaaaa."},
	"keys":                        {Open: "ghp_"},
	"digits":                      {Open: "4"},
	"digits and blanks":           {Open: "4 "},
	"digits and dashes":           {Open: "4-4"},
	"lone words":                  {Open: "apin pin-"},
	"letters with two forms":      {Open: "İ"},
	"all signs":                   {Open: "password=\"x\" curl -u a:b </ eyJ :// pin mysql -px authorization: y cookie: z\n"},
}

func TestTheCostOfAHostileTextGrowsWithItsLength(t *testing.T) {
	for name, shape := range hostileTexts {
		t.Run(name, func(t *testing.T) {
			testutil.CheckLinear(t, 8<<10, shape.Grow, func(text string) { New().Text(text) })
		})
	}
}

func FuzzCost(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s.Prefix, s.Open, s.Close, s.Suffix)
	}
	f.Fuzz(func(t *testing.T, prefix, open, middle, suffix string) {
		shape := testutil.Shape{Prefix: prefix, Open: open, Close: middle, Suffix: suffix}
		testutil.CheckLinear(t, testutil.FuzzSize/4, shape.Grow, func(text string) {
			if got := New().Text(text); len(got) > len(text)+strings.Count(got, Mark)*(len(Mark)+2) {
				t.Errorf("%d bytes became %d", len(text), len(got))
			}
		})
	})
}
