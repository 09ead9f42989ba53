# The clients that are commands, and the list of all; read by run.
py=/usr/bin/python3

swaks_starttls() {
	timeout 60 swaks --server "$HOST:$PORT" --tls --auth LOGIN --auth-user "$LOGIN" --auth-password "$PASSWORD" \
		--from app@client.example --to ops@client.example --data - < <(mail)
}

# swaks must not wait for the answer to MAIL before it sends RCPT.
swaks_pipelining() {
	timeout 60 swaks --server "$HOST:$PORT" --pipeline --from app@client.example \
		--to ops@client.example,dba@client.example --data - < <(mail) >"$tmp/swaks" || { cat "$tmp/swaks"; return 1; }
	grep -A1 -- '-> MAIL FROM' "$tmp/swaks" | grep -q -- '-> RCPT TO' || { cat "$tmp/swaks"; return 1; }
}

# LMTP answers the data once for each recipient.
swaks_lmtp() {
	timeout 60 swaks --server "$HOST:$LMTP" --protocol LMTP --from app@client.example \
		--to ops@client.example,dba@client.example --data - < <(mail)
}

swaks_unix() {
	timeout 60 swaks --socket "$SOCKET" --auth PLAIN --auth-user "$LOGIN" --auth-password "$PASSWORD" \
		--from app@client.example --to ops@client.example --data - < <(mail)
}

msmtp_starttls() {
	cat >"$tmp/msmtprc" <<-EOF
		account default
		host $HOST
		port $PORT
		from app@client.example
		tls on
		tls_trust_file $CERT
		auth plain
		user $LOGIN
		password $PASSWORD
	EOF
	chmod 600 "$tmp/msmtprc"
	mail | timeout 60 msmtp -C "$tmp/msmtprc" ops@client.example
}

# --crlf, as curl sends lines as they are in the file.
curl_smtps() {
	mail >"$tmp/curl"
	timeout 60 curl -sS --crlf --cacert "$CERT" --user "$LOGIN:$PASSWORD" --upload-file "$tmp/curl" \
		--mail-from app@client.example --mail-rcpt ops@client.example "smtps://$HOST:$SMTPS/client.example"
}

# Without --crlf all lines end with a bare LF, curl doubles no dots, and LF . LF
# must not end the mail.
curl_lf() {
	mail >"$tmp/curl"
	timeout 60 curl -sS --upload-file "$tmp/curl" \
		--mail-from app@client.example --mail-rcpt ops@client.example "smtp://$HOST:$PORT/client.example"
}

s_nail() {
	timeout 60 s-nail -:/ -S v15-compat -S sendwait -S sendcharsets=utf-8 -S ttycharset=utf-8 \
		-S from=app@client.example -S DEAD="$tmp/dead.letter" -S mta="smtp://$LOGIN:$PASSWORD@localhost:$PORT" -S smtp-auth=login \
		-S smtp-use-starttls -S tls-verify=strict -S tls-ca-no-defaults -S tls-ca-file="$CERT" \
		-s "$SUBJECT" ops@client.example <"$BODY"
}

php_mail() { timeout 60 php -d "sendmail_path=$tmp/failmail send -t -i" "$here/mail.php"; }

git_send_email() {
	cat >"$tmp/0001.patch" <<-EOF
		From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
		From: App <app@client.example>
		Date: Tue, 3 Mar 2026 12:00:00 +0100
		Subject: $SUBJECT

	EOF
	cat "$BODY" >>"$tmp/0001.patch"
	cp "$tmp/0001.patch" "$tmp/0002.patch"
	(cd "$tmp" && GIT_CEILING_DIRECTORIES=$tmp GIT_CONFIG_NOSYSTEM=1 \
		GIT_COMMITTER_NAME=App GIT_COMMITTER_EMAIL=app@client.example \
		GIT_AUTHOR_NAME=App GIT_AUTHOR_EMAIL=app@client.example timeout 60 git send-email --quiet --confirm=never --suppress-cc=all \
		--smtp-server="$HOST" --smtp-server-port="$PORT" --smtp-encryption=none --8bit-encoding=UTF-8 \
		--from=app@client.example --to=ops@client.example 0001.patch 0002.patch </dev/null)
}

go_smtp() { SSL_CERT_FILE=$CERT timeout 60 "$tmp/gosmtp"; }

smtp_source() {
	LD_LIBRARY_PATH=$tmp/root/usr/lib/postfix timeout 60 "$smtp_source" -m 50 -s 5 -l 2000 -S "$SUBJECT" \
		-f app@client.example -t ops@client.example "$HOST:$PORT"
}

# Exim insists on the user Debian-exim, so nss_wrapper shows it one, which works
# only where Exim is not setuid.
exim_bdat() {
	local exim=$tmp/root/usr/sbin/exim4 spool=$tmp/spool
	chmod u-s "$exim" && mkdir -p "$spool" && chmod 755 "$tmp" && chown 65534:65534 "$spool"
	{ getent passwd | grep -v ^Debian-exim:; echo 'Debian-exim:x:65534:65534::/nonexistent:/bin/false'; } >"$tmp/passwd"
	{ getent group | grep -v ^Debian-exim:; echo 'Debian-exim:x:65534:'; } >"$tmp/group"
	sed -e "s|EXIM|$exim|; s|SPOOL|$spool|; s|HOST|$HOST|; s|PORT|$PORT|; s|CERT|$CERT|" "$here/exim.conf" >"$tmp/exim.conf"
	exim() {
		LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=$tmp/passwd NSS_WRAPPER_GROUP=$tmp/group \
			timeout 60 "$exim" -C "$tmp/exim.conf" "$@" 2>&1
	}
	mail | exim -odq -oi -f app@client.example ops@client.example
	exim -v -qf >"$tmp/exim-out" # -v shows the dialog, +> and |> what is pipelined
	grep -q 'SMTP[+|]> BDAT .* LAST' "$tmp/exim-out" && ! grep -q 'SMTP.> DATA' "$tmp/exim-out" &&
		grep -q ' => ' "$spool/mainlog" || { cat "$tmp/exim-out" "$spool/mainlog"; return 1; }
}

logback() {
	local jars=/usr/share/java
	timeout 60 java -XX:-UsePerfData -cp "$jars/logback-classic.jar:$jars/logback-core.jar:$jars/slf4j-api.jar:$jars/javax.mail.jar:$jars/javax.activation.jar" \
		"$here/Logback.java"
}

failmail_send() { mail | timeout 60 "$tmp/failmail" send -i -f app@client.example ops@client.example; }

# What Debian's cron pipes into sendmail, and how it calls it.
cron_sendmail() {
	{
		printf 'From: root (Cron Daemon)\nTo: root\nSubject: %s\nMIME-Version: 1.0\n' "$SUBJECT"
		printf 'Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n'
		printf 'X-Cron-Env: <SHELL=/bin/sh>\nX-Cron-Env: <LOGNAME=root>\n\n'
		cat "$BODY"
	} | timeout 60 "$tmp/sendmail" -FCronDaemon -i -B8BITMIME -oem root
}

all_clients() {
	client smtphandler 3 "a connection for each record, STARTTLS and AUTH on each" "$py" "$here/smtphandler.py"
	client smtplib 2 "STARTTLS, AUTH, two mails on one connection" "$py" "$here/smtplib_auth.py"
	subject="[shop] ERROR: Störung gemeldet von django"
	client django 2 "a subject that Django makes, the text inside a traceback" "$py" "$here/django_admin.py"
	client swaks-starttls 1 "STARTTLS, AUTH LOGIN, raw 8-bit subject and long line" swaks_starttls
	client swaks-pipelining 1 "MAIL and two RCPT at once, without waiting for answers" swaks_pipelining
	client swaks-lmtp 1 "LMTP: an answer for each of two recipients" swaks_lmtp
	client swaks-unix 1 "a Unix socket, AUTH PLAIN" swaks_unix
	client msmtp 1 "STARTTLS, AUTH PLAIN, a mail with LF from standard input" msmtp_starttls
	client curl-smtps 1 "TLS from the start, AUTH" curl_smtps
	client curl-lf 1 "lines end with bare LF, dots are not doubled" curl_lf
	client s-nail 1 "STARTTLS, AUTH LOGIN, encodes subject and text itself" s_nail
	client phpmailer 1 "STARTTLS, AUTH, encodes because of the long line" php "$here/phpmailer.php"
	client php-mail 1 "sendmail_path: CRLF in the head, LF in the body" php_mail
	client ruby-mail 1 "STARTTLS, AUTH LOGIN, encodes subject and text itself" ruby "$here/ruby_mail.rb"
	client email-sender 1 "STARTTLS, AUTH, 8-bit text" perl "$here/email_sender.pl"
	client nodemailer 5 "a pool of two connections for five mails, STARTTLS, AUTH" node "$here/nodemailer.cjs"
	client git-send-email 2 "two patches, no AUTH" git_send_email
	client go-smtp 1 "STARTTLS as it is offered, AUTH PLAIN, LF in the body" go_smtp
	subject='Alarm von smtp-source' find=1XXXXXXXXXXXXXXXXXXXX
	client smtp-source 50 "50 mails over 5 parallel sessions" smtp_source
	client exim 1 "STARTTLS, BDAT instead of DATA, pipelined" exim_bdat
	client logback 1 "the events before the error in the same mail" logback
	client failmail-send 1 "failmail's own sendmail" failmail_send
	subject='Cron <root@db1> /usr/local/bin/sicherung.sh für alle'
	client cron-sendmail 1 "called as sendmail the way cron does, recipient root" cron_sendmail
}
