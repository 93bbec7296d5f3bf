#include "base/error.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(error, every_error_has_a_text_of_its_own)
{
	for (enum pu_err a = PU_OK; a <= PU_EINTERNAL; a++) {
		for (enum pu_err b = PU_OK; b < a; b++) {
			cr_assert_str_neq(pu_strerror(a), pu_strerror(b));
			cr_assert_str_neq(pu_err_code(a), pu_err_code(b));
		}
		cr_assert_str_neq(pu_strerror(a), "unknown error");
	}
}

Test(error, codes_lead_back_to_their_error)
{
	for (enum pu_err err = PU_OK; err <= PU_EINTERNAL; err++)
		cr_assert_eq(pu_err_from_code(pu_err_code(err)), err);
	cr_assert_eq(pu_err_from_code("no such code"), PU_EINTERNAL);
	cr_assert_eq(pu_err_from_code(""), PU_EINTERNAL);
	cr_assert_str_eq(pu_err_code(PU_ENOTAUTHORIZED), "not_authorized");
}

Test(error, survives_a_value_outside_the_enum)
{
	cr_assert_str_eq(pu_strerror((enum pu_err)99), "unknown error");
	cr_assert_str_eq(pu_err_code((enum pu_err)99), "internal");
}

Test(error, maps_errno)
{
	cr_assert_eq(pu_err_from_errno(ENOENT), PU_ENOTFOUND);
	cr_assert_eq(pu_err_from_errno(EACCES), PU_EPERM);
	cr_assert_eq(pu_err_from_errno(EAGAIN), PU_EAGAIN);
	cr_assert_eq(pu_err_from_errno(ENOSPC), PU_EIO);
	cr_assert_eq(pu_err_from_errno(0), PU_OK);
	cr_assert_eq(pu_err_from_errno(12345), PU_EIO);
}

Test(error, tells_a_shortage_of_the_machine_from_a_bound)
{
	static const int shortages[] = {EMFILE, ENFILE, ENOMEM, ENOBUFS};

	for (size_t i = 0; i < sizeof(shortages) / sizeof(shortages[0]); i++) {
		cr_assert_eq(pu_err_from_errno(shortages[i]), PU_ELIMIT);
		cr_assert_eq(pu_err_from_errno_io(shortages[i]), PU_EIO);
	}
	cr_assert_eq(pu_err_from_errno_io(EFBIG), PU_ELIMIT);
	cr_assert_eq(pu_err_from_errno_io(ENOENT), PU_ENOTFOUND);
	cr_assert_eq(pu_err_from_errno_io(0), PU_OK);
}

Test(error, says_of_a_file_why_it_cannot_be_written)
{
	cr_assert_eq(pu_err_from_errno_io(ENOSPC), PU_ENOSPACE);
	cr_assert_eq(pu_err_from_errno_io(EDQUOT), PU_ENOSPACE);
	cr_assert_eq(pu_err_from_errno_io(EROFS), PU_EREADONLY);
	cr_assert_eq(pu_err_from_errno(EROFS), PU_EPERM);
}
