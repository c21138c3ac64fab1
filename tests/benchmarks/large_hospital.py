"""Two hospitals of many cases, made by PostgreSQL itself: one case with a stack of 500 frames, the others with one."""

from uuid import UUID, uuid4

import psycopg

CASES = 5000
SHARED = 500  # of the first hospital's cases, those in which the guest takes part
FRAMES = 500

# Every row of a case is numbered by it, so that no statement needs to know the others' keys.
KEY = "md5(%(org)s::text || '{}' || n)::uuid"
ROWS = f"""
insert into patients (key, organization_key, patient_id, name)
    select {KEY.format("patient")}, %(org)s, 'P' || n, 'Doe^' || n from generate_series(1, %(cases)s) n;
insert into studies (key, organization_key, patient_key, study_instance_uid, description, started_at, created_at)
    select {KEY.format("study")}, %(org)s, {KEY.format("patient")}, '1.2.3.' || n, 'CT chest', now(), now()
    from generate_series(1, %(cases)s) n;
insert into series (key, study_key, series_instance_uid, number, modality, created_at)
    select {KEY.format("series")}, {KEY.format("study")}, '1.2.3.' || n || '.1', 1, 'CT', now()
    from generate_series(1, %(cases)s) n;
insert into instances (key, organization_key, series_key, sop_instance_uid, sop_class_uid, transfer_syntax_uid,
        pixel_digest, size, windows, created_at)
    select md5(%(org)s::text || 'instance' || n || ':' || i)::uuid, %(org)s, {KEY.format("series")},
        '1.2.3.' || n || '.1.' || i, '1.2', '1.2', '', 1, '[]', now()
    from generate_series(1, %(cases)s) n cross join generate_series(1, %(frames)s) i where n = 1 or i = 1;
insert into frames (key, instance_key, frame_number, geometry)
    select md5(key::text)::uuid, key, 1, jsonb_build_object('position', jsonb_build_array(0, 0, 1))
    from instances where organization_key = %(org)s;
insert into stacks (key, series_key, ordinal, fingerprint, superseded, frame_keys, rows, columns, photometric,
        bits_stored, signed, image_type, windows, warnings, created_at)
    select md5('stack' || i.series_key)::uuid, i.series_key, 0, '', false, array_agg(f.key), 512, 512, 'MONOCHROME2',
        12, false, '[]', '[]', '[]', now()
    from instances i join frames f on f.instance_key = i.key where i.organization_key = %(org)s group by i.series_key;
insert into cases (key, organization_key, patient_key, title, status, urgency, archived, created_by, created_at,
        updated_at)
    select {KEY.format("case")}, %(org)s, {KEY.format("patient")}, 'Case ' || n, 'READY', 'ROUTINE', false, %(user)s,
        now() - n * interval '1 minute', now() from generate_series(1, %(cases)s) n;
insert into case_studies (case_key, study_key)
    select {KEY.format("case")}, {KEY.format("study")} from generate_series(1, %(cases)s) n;
insert into participants (key, case_key, user_key, access, since)
    select gen_random_uuid(), {KEY.format("case")}, %(user)s, 'OWNER', now() from generate_series(1, %(cases)s) n;
insert into analyses (key, organization_key, case_key, stack_key, model_name, model_version, status, stage, progress,
        queued_at, scores, warnings)
    select {KEY.format("analysis")}, %(org)s, {KEY.format("case")}, md5('stack' || {KEY.format("series")})::uuid,
        'lung_nodule', '1', 'SUCCEEDED', 'DONE', 1, now(), '[]', '[]' from generate_series(1, %(cases)s) n;
insert into findings (key, analysis_key, stack_key, ordinal, label, probability, above_threshold, frame_index,
        diameter_mm)
    select gen_random_uuid(), key, stack_key, i, 'nodule', 0.9, true, 0, 6 from analyses
    cross join generate_series(0, 2) i where organization_key = %(org)s;
"""
SHARE = """
insert into participants (key, case_key, user_key, access, since)
    select gen_random_uuid(), {key}, %(user)s, 'READER', now() from generate_series(1, %(shared)s) n
"""


def fill(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, UUID]:
    """Keys: of people, of the large case and its stack."""
    keys = {name: uuid4() for name in ("own", "other", "clinician", "guest", "patient")}
    for name in ("own", "other"):
        connection.execute(
            "insert into organizations (key, name, created_at) values (%s, %s, now())", [keys[name], name]
        )
    for name, role in (("clinician", "CLINICIAN"), ("guest", "CLINICIAN"), ("patient", "PATIENT")):
        organization = keys["other" if name == "guest" else "own"]
        connection.execute(
            "insert into users (key, organization_key, email, display_name, role, disabled, created_at)"
            " values (%s, %s, %s, %s, %s, false, now())",
            [keys[name], organization, f"{name}@test.example", name, role],
        )
    for place, user in (("own", "clinician"), ("other", "guest")):
        given = {"org": keys[place], "user": keys[user], "cases": CASES, "frames": FRAMES}
        cursor = psycopg.ClientCursor(connection)  # several statements at once
        cursor.execute(ROWS, given)
    for user, shared in (("guest", SHARED), ("patient", 1)):
        given = {"org": keys["own"], "user": keys[user], "shared": shared}
        connection.execute(SHARE.format(key=KEY.format("case")), given)
    connection.execute("vacuum analyze")
    case, stack = "md5(%(org)s::text || 'case1')::uuid", "md5('stack' || md5(%(org)s::text || 'series1')::uuid)::uuid"
    found = connection.execute(f"select {case}, {stack}", {"org": keys["own"]}).fetchone()
    assert found is not None
    return keys | {"case": UUID(str(found[0])), "stack": UUID(str(found[1]))}
