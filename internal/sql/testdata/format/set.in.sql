SET 'a'='b';SET x.y = batch mode;


RESET;