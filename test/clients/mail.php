<?php // PHP's mail(): sendmail_path names failmail. PHP 8 ends the lines of the head with CRLF, those of the body stay LF.
$subject = '=?UTF-8?B?' . base64_encode(getenv('SUBJECT')) . '?=';
$head = ['From' => 'app@client.example', 'MIME-Version' => '1.0', 'Content-Type' => 'text/plain; charset=UTF-8'];
exit(mail('ops@client.example', $subject, file_get_contents(getenv('BODY')), $head) ? 0 : 1);
