package batch

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Alphabets that programs draw random values from.
const (
	decimal    = "0123456789"
	lowerHex   = decimal + "abcdef"
	upperHex   = decimal + "ABCDEF"
	base36     = decimal + "abcdefghijklmnopqrstuvwxyz"
	upper36    = decimal + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	base62     = base36 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	urlSafe    = base62 + "-_"
	crockford  = decimal + "ABCDEFGHJKMNPQRSTVWXYZ"
	base32     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	kubernetes = "bcdfghjklmnpqrstvwxz2456789"
	postfix    = decimal + "BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
)

// draw fills a pattern: %c is replaced by n characters of an alphabet for each
// pair of them that follows.
func draw(r *rand.Rand, pattern string, parts ...any) string {
	args := make([]any, 0, len(parts)/2)
	for i := 0; i < len(parts); i += 2 {
		alphabet, n := parts[i].(string), parts[i+1].(int)
		text := make([]byte, n)
		for i := range text {
			text[i] = alphabet[r.IntN(len(alphabet))]
		}
		args = append(args, string(text))
	}
	return fmt.Sprintf(pattern, args...)
}

// wanted is the share of pairs that have one mask, for most kinds.
const wanted = 0.97

// randomKinds are values that nobody chose: each occurrence has another one. Less is
// to be had of those that are words or names with a number more often.
var randomKinds = []struct {
	name  string
	share float64
	draw  func(*rand.Rand) string
}{
	{"the pod of a deployment", wanted, func(r *rand.Rand) string { return draw(r, "web-%s-%s", kubernetes, 9+r.IntN(2), kubernetes, 5) }},
	{"the pod of a cron job", wanted, func(r *rand.Rand) string { return draw(r, "backup-%s-%s", decimal, 8, kubernetes, 5) }},
	{"the pod of a daemon set", wanted, func(r *rand.Rand) string { return draw(r, "fluentd-%s", kubernetes, 5) }},
	{"a file of mktemp", wanted, func(r *rand.Rand) string { return draw(r, "tmp.%s", base62, 10) }},
	{"a file of mkstemp", 0.85, func(r *rand.Rand) string { return draw(r, "/tmp/build-%s", base62, 6) }},
	{"six of base62", 0.82, func(r *rand.Rand) string { return draw(r, "%s", base62, 6) }},
	{"eight of base62", 0.95, func(r *rand.Rand) string { return draw(r, "%s", base62, 8) }},
	{"twelve of base62", wanted, func(r *rand.Rand) string { return draw(r, "%s", base62, 12) }},
	{"eight of base36", 0.67, func(r *rand.Rand) string { return draw(r, "%s", base36, 8) }},
	{"twelve of base36", 0.93, func(r *rand.Rand) string { return draw(r, "%s", base36, 12) }},
	{"ten of base36 in capitals", 0.83, func(r *rand.Rand) string { return draw(r, "%s", upper36, 10) }},
	{"sixteen of base36 behind a prefix", wanted, func(r *rand.Rand) string { return draw(r, "req_%s", base36, 16) }},
	{"a nanoid", wanted, func(r *rand.Rand) string { return draw(r, "%s", urlSafe, 21) }},
	{"a token of 32 in base64 for URLs", wanted, func(r *rand.Rand) string { return draw(r, "%s", urlSafe, 32) }},
	{"an id of YouTube", 0.86, func(r *rand.Rand) string { return draw(r, "%s", urlSafe, 11) }},
	{"a queue id of Exim", wanted, func(r *rand.Rand) string { return draw(r, "1%s-%s-%s", base62, 5, base62, 6, base62, 2) }},
	{"a queue id of Exim 4.97", wanted, func(r *rand.Rand) string { return draw(r, "1%s-0000%s-%s", base62, 5, base62, 7, base62, 4) }},
	{"a queue id of Postfix", wanted, func(r *rand.Rand) string { return draw(r, "4%s", postfix, 8+r.IntN(6)) }},
	{"a short queue id of Postfix", wanted, func(r *rand.Rand) string { return draw(r, "%s", upperHex, 10) }},
	{"a queue id of Sendmail", wanted, func(r *rand.Rand) string { return draw(r, "%s%s", base62, 8, decimal, 6) }},
	{"four hexadecimal digits", 0.46, func(r *rand.Rand) string { return draw(r, "%s", lowerHex, 4) }},
	{"eight hexadecimal digits", wanted, func(r *rand.Rand) string { return draw(r, "%s", lowerHex, 8) }},
	{"the serial of a disk", 0.84, func(r *rand.Rand) string { return draw(r, "WD-W%s%s%s", upper36[10:], 2, upper36, 2, decimal, 7) }},
	{"the serial of an SSD", wanted, func(r *rand.Rand) string { return draw(r, "S%s%s%s", decimal, 1, upper36, 6, decimal, 6) }},
	{"a UUID", wanted, func(r *rand.Rand) string {
		return draw(r, "%s-%s-4%s-a%s-%s", lowerHex, 8, lowerHex, 4, lowerHex, 3, lowerHex, 3, lowerHex, 12)
	}},
	{"a UUID without dashes", wanted, func(r *rand.Rand) string { return draw(r, "%s", lowerHex, 32) }},
	{"a ULID", wanted, func(r *rand.Rand) string { return draw(r, "01J%s", crockford, 23) }},
	{"an ObjectId of MongoDB", wanted, func(r *rand.Rand) string { return draw(r, "%s", lowerHex, 24) }},
	{"a KSUID", wanted, func(r *rand.Rand) string { return draw(r, "2%s", base62, 26) }},
	{"an xid", wanted, func(r *rand.Rand) string { return draw(r, "c%s", base36[:32], 19) }},
	{"a cuid", wanted, func(r *rand.Rand) string { return draw(r, "c%s", base36, 24) }},
	{"a commit of git describe", wanted, func(r *rand.Rand) string { return draw(r, "v1.4.%s-%s-g%s", decimal, 1, decimal, 2, lowerHex, 7) }},
	{"a container of Docker", wanted, func(r *rand.Rand) string { return draw(r, "%s", lowerHex, 12) }},
	{"an instance of AWS", wanted, func(r *rand.Rand) string { return draw(r, "i-0%s", lowerHex, 16) }},
	{"an access key of AWS", wanted, func(r *rand.Rand) string { return draw(r, "AKIA%s", base32, 16) }},
	{"a request of S3", wanted, func(r *rand.Rand) string { return draw(r, "%s", upper36, 16) }},
	{"a role of AWS", wanted, func(r *rand.Rand) string { return draw(r, "AROA%s:%s", base32, 17, lowerHex, 17) }},
	{"a customer of Stripe", wanted, func(r *rand.Rand) string { return draw(r, "cus_%s", base62, 14) }},
	{"a token of GitHub", wanted, func(r *rand.Rand) string { return draw(r, "ghp_%s", base62, 36) }},
	{"base64", 0.91, func(r *rand.Rand) string {
		raw := make([]byte, 24+r.IntN(24))
		for i := range raw {
			raw[i] = byte(r.Uint32())
		}
		return base64.StdEncoding.EncodeToString(raw)
	}},
	{"a token of JSON", wanted, func(r *rand.Rand) string {
		return draw(r, "eyJhbGciOiJIUzI1NiJ9.eyJ%s.%s", base62, 40, urlSafe, 43)
	}},
	{"a Message-ID", wanted, func(r *rand.Rand) string {
		return draw(r, "<20260309%s.%s@mail.shop.example>", decimal, 6, upper36, 10)
	}},
	{"a file with a hash in its name", wanted, func(r *rand.Rand) string { return draw(r, "/static/app.%s.js", lowerHex, 8) }},
	{"a file of a bundler", 0.96, func(r *rand.Rand) string { return draw(r, "/assets/index-%s.js", base62, 8) }},
}

var aroundRandom = []string{"request %s failed", "cannot open [%s]: no such entry", `{"ref":"%s","state":"lost"}`}

func TestTwoRandomValuesOfAKindHaveTheSameMask(t *testing.T) {
	for _, kind := range randomKinds {
		t.Run(kind.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(3, 17))
			const pairs = 1000
			same := 0
			var apart [2]string
			for i := range pairs {
				sentence := aroundRandom[i%len(aroundRandom)]
				one, other := fmt.Sprintf(sentence, kind.draw(random)), fmt.Sprintf(sentence, kind.draw(random))
				if maskAlike(one) == maskAlike(other) {
					same++
				} else {
					apart = [2]string{one, other}
				}
			}
			if share := float64(same) / pairs; share < kind.share {
				t.Errorf("%.3f of the pairs are the same, want %.2f; these are not:\n%s\n%s", share, kind.share, apart[0], apart[1])
			}
		})
	}
}

func maskAlike(text string) string { return strings.TrimSpace(string(appendAlike(nil, Mask(text)))) }

// What people have chosen is no random value.
var chosen = strings.Fields(`
	connection refused timeout unreachable acknowledgement misconfiguration internationalization straightforwardness
	authentication strengths rhythms facade defaced effaced deadbeef decade accede cafe abbreviations nonsynchronous
	Zeitüberschreitung Verbindungsfehler Benachrichtigung Festplattenspeicher Schmutzwasserpumpe Rechtsschutzversicherung
	Datenbankverbindungsfehler angestrengt Wirtschaftsprüfungsgesellschaft Dampfschifffahrt Einschreibungsverfahren Angstschweiß
	anticonstitutionnellement indisponibilité authentification dysfonctionnement renseignements aujourd'hui développement
	ERROR WARNING CRITICAL EMERGENCY UNREACHABLE ACKNOWLEDGEMENT FLAPPINGSTART DOWNTIMESTART NOTIFICATIONS
	ECONNREFUSED ECONNRESET ETIMEDOUT EPIPE ENOTFOUND EADDRINUSE NXDOMAIN SERVFAIL STARTTLS OUTOFMEMORY SIGSEGV SIGKILL
	CrashLoopBackOff ImagePullBackOff ErrImagePull OOMKilled NodeNotReady FailedScheduling ContainerCreating MountVolume BackOff
	NullPointerException IllegalStateException OutOfMemoryError SQLException IOException KeyError TypeError ValueError
	ClassNotFoundException ConcurrentModificationException DataIntegrityViolationException SSLHandshakeException
	ErrNoRows StatusCode HttpClient XMLHttpRequest getElementById innerHTML onClick toString hashCode isNaN parseJSON
	userId orderId requestId traceId maxRetries maxConnections statefulSet replicaSet kubeProxy cAdvisor podName nodeName
	PostgreSQL MySQL MariaDB SQLite MongoDB CouchDB InfluxDB DynamoDB RocksDB ClickHouse CockroachDB ElasticSearch OpenSearch
	Redis Memcached RabbitMQ ActiveMQ ZeroMQ Kafka ZooKeeper HBase HAProxy PgBouncer MinIO GlusterFS CephFS Btrfs
	JavaScript TypeScript NodeJS CoffeeScript PowerShell GitHub GitLab BitBucket SonarQube TeamCity CircleCI ArgoCD DevOps
	OpenSSL OpenSSH OpenVPN OpenStack OpenShift OpenTelemetry LibreOffice LibreNMS NagiosXI PagerDuty OpsGenie VictorOps
	YouTube WhatsApp LinkedIn PayPal eBay iPhone iPad iOS macOS FreeBSD NetBSD OpenBSD WordPress phpBB vBulletin vSphere
	vCenter VMware VirtualBox QEMU WireGuard strongSwan CloudWatch CloudFront CloudFormation GuardDuty EventBridge
	SpamAssassin ClamAV OpenDKIM OpenDMARC Fail2Ban GnuPG OpenPGP OAuth OpenID WebSocket WebRTC WebDAV GraphQL GeoJSON
	TensorFlow PyTorch NumPy SciPy SQLAlchemy FastAPI NestJS RxJS jQuery MkDocs PyYAML LaTeX KaTeX DuckDB TimescaleDB
	NumCPU WebSQL SetTLS GetURLs XMLArrayOID ToASCII SHA1withRSA SNMPv3 IPv4Address
	MacBook McDonald McGee DeLorean LaGuardia GmbH BaFin ChatGPT HuggingFace KiB MiB GHz MHz
	nginx httpd mysqld postgres dovecot postfix exim4 systemd-networkd snmpd kubectl kubelet etcdctl rsyslogd xfsprogs
	main.go app.js index.html README.md Makefile Dockerfile docker-compose.yml package-lock.json requirements.txt
	com.example.App org.apache.catalina.core.ApplicationFilterChain java.util.concurrent.ThreadPoolExecutor System.Net.Http
	spring.datasource.url user.name app.kubernetes.io/name io.netty.channel self.session os.path.join fmt.Errorf
	libgstreamer python-psycopg golang-github-xxhash-dev node-lodash.isplainobject linux-image-amd64 openjdk-jre-headless
	focused_turing nostalgic_ardinghelli mystifying_wozniak import_customers nightly-backup-job web-frontend check-pgsql
	app-https mail-smtps disk-btrfs redis-tmpfs X-MailScanner-Information Content-Transfer-Encoding GFP_HIGHUSER_MOVABLE
	utf8 SHA256 base64url x86_64 amd64 log4j IPv6 HTTP2 S3 k8s
`)

func TestWhatPeopleHaveChosenIsNotTakenForRandom(t *testing.T) {
	for _, word := range chosen {
		for _, sentence := range aroundRandom {
			text := fmt.Sprintf(sentence, word)
			if masked := Mask(text); strings.Contains(masked, "<id>") || strings.Contains(masked, "<hex>") {
				t.Errorf("%s became %s", text, masked)
			}
		}
	}
}
