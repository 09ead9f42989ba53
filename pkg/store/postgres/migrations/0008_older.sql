-- That there may be fingerprints of 1.0, see store.FromOlder.
INSERT INTO notes SELECT 'from 1.0', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
WHERE EXISTS (SELECT 1 FROM fingerprints)
  OR EXISTS (SELECT 1 FROM variants WHERE fingerprint LIKE 'v1:%');
